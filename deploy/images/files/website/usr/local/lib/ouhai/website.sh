# What applications that are websites have in common, for their programs `prepare`: what https.sh has, and a database of MariaDB's.
# Read by `. /usr/local/lib/ouhai/website.sh`.
databases=/srv/data/mariadb
memory=/run/website-database
. /usr/local/lib/ouhai/https.sh

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
