# What applications that are websites have in common, for their programs `prepare`: failing with words, units, the certificate, a
# database of MariaDB's. Read by `. /usr/local/lib/ouhai/website.sh`.
tls=/etc/ssl/website
databases=/srv/data/mariadb
memory=/run/website-database

fail() { echo "$*" >&2; exit 1; }

# Brings a unit up by a verb of systemctl, or tells what it said last.
unit() {
    systemctl "$1" "$2" 2>/dev/null || fail "$2 does not start: $(journalctl --unit="$2" --lines=6 --output=cat --no-pager)"
}

# Takes the certificate of the parameters certificate and private_key, or makes one for name and address.
certificate() {
    mkdir -p $tls
    umask 077
    if [ -n "$certificate$private_key" ]; then
        [ -n "$certificate" ] || fail "TLS: a private key was given, but no certificate"
        [ -n "$private_key" ] || fail "TLS: a certificate was given, but no private key"
        printf '%s\n' "$certificate" >$tls/certificate.new
        printf '%s\n' "$private_key" >$tls/private_key.new
        openssl x509 -in $tls/certificate.new -noout 2>/dev/null || fail "TLS: the certificate cannot be read; PEM is needed"
        openssl pkey -in $tls/private_key.new -noout -passin pass: 2>/dev/null ||
            fail "TLS: the private key cannot be read; PEM without a passphrase is needed"
        [ "$(openssl x509 -in $tls/certificate.new -noout -pubkey)" = "$(openssl pkey -in $tls/private_key.new -pubout)" ] ||
            fail "TLS: the private key does not belong to the certificate"
        openssl x509 -in $tls/certificate.new -noout -checkend 0 >/dev/null ||
            fail "TLS: the certificate ended on $(openssl x509 -in $tls/certificate.new -noout -enddate | cut -d= -f2)"
    elif [ ! -e $tls/private_key.pem ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$name" \
            -addext "subjectAltName=DNS:$name,IP:$address" -keyout $tls/private_key.new -out $tls/certificate.new 2>/dev/null
    fi
    if [ -e $tls/private_key.new ]; then
        mv $tls/certificate.new $tls/certificate.pem
        mv $tls/private_key.new $tls/private_key.pem
    fi
    umask 022
}

# Prints what MariaDB makes its own tables from, a database, and its user, for whom the operating system vouches.
tables() {
    echo "CREATE DATABASE mysql;"
    echo "USE mysql;"
    echo "SET @auth_root_socket = 'root';"
    # mariadb-install-db adds a handbook and views for administrators to these, which take longest.
    cat /usr/share/mariadb/mariadb_system_tables.sql /usr/share/mariadb/mariadb_performance_tables.sql
    sed /@current_hostname/d /usr/share/mariadb/mariadb_system_tables_data.sql
    echo "FLUSH PRIVILEGES;"
    echo "CREATE DATABASE $1;"
    echo "CREATE USER '$2'@'localhost' IDENTIFIED VIA unix_socket;"
    echo "GRANT ALL ON $1.* TO '$2'@'localhost';"
}

# Starts MariaDB on the volume's databases; a new volume gets one: database NAME USER.
database() {
    if [ ! -e $databases/mysql ]; then
        # In memory first: MariaDB waits for the disk after every table.
        rm -rf $memory $databases.new
        install -d -o mysql -g mysql -m 750 $memory
        tables "$1" "$2" | mariadbd --user=mysql --datadir=$memory --bootstrap >$memory.log 2>&1 ||
            fail "MariaDB makes no database: $(grep ERROR $memory.log | tail -n 5)"
        cp -a $memory $databases.new
        sync -f $databases.new
        rm -rf $databases $memory
        mv $databases.new $databases
        unit start mariadb
        return
    fi
    # Users have other numbers in another image.
    [ "$(stat -c %U $databases/mysql)" = mysql ] || chown -R mysql:mysql $databases
    unit start mariadb
    if mariadb-upgrade --check-if-upgrade-is-needed --silent 2>/dev/null; then mariadb-upgrade --silent; fi
}
