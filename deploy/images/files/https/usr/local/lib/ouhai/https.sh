# What whatever answers over https has in common, for programs `prepare`: units, the certificate.
# Read by `. /usr/local/lib/ouhai/https.sh`.
. /usr/local/lib/ouhai/certificate.sh
tls=/etc/ssl/website

# Brings a unit up by a verb of systemctl, or tells what it said last, which may not have been written yet.
unit() {
    systemctl "$1" "$2" 2>/dev/null && return
    journalctl --sync >/dev/null
    fail "$2 does not start: $(journalctl --unit="$2" --lines=6 --output=cat --no-pager)"
}

# Takes the certificate of the parameters certificate and private_key, or makes one for name and address.
certificate() (
    mkdir -p $tls
    given_certificate $tls || exit 1
    umask 077
    if [ ! -e $tls/private_key.new ] && [ ! -e $tls/private_key.pem ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$name" \
            -addext "subjectAltName=DNS:$name,IP:$address" -keyout $tls/private_key.new -out $tls/certificate.new 2>/dev/null
    fi
    if [ -e $tls/private_key.new ]; then
        mv $tls/certificate.new $tls/certificate.pem
        mv $tls/private_key.new $tls/private_key.pem
    fi
)
