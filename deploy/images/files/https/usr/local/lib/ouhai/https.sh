# What whatever answers over https has in common, for programs `prepare`: failing with words, units, the certificate.
# Read by `. /usr/local/lib/ouhai/https.sh`.
tls=/etc/ssl/website

fail() { echo "$*" >&2; exit 1; }

# Brings a unit up by a verb of systemctl, or tells what it said last.
unit() {
    systemctl "$1" "$2" 2>/dev/null || fail "$2 does not start: $(journalctl --unit="$2" --lines=6 --output=cat --no-pager)"
}

# Takes the certificate of the parameters certificate and private_key, or makes one for name and address.
certificate() (
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
)
