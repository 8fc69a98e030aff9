# What whatever shows a certificate has in common, for programs `prepare`. Read by `. /usr/local/lib/ouhai/certificate.sh`.

fail() { echo "$*" >&2; exit 1; }

# Puts what the parameters certificate and private_key hold into a folder, as certificate.new and private_key.new, if it is fit to be
# shown; nothing where neither was given.
given_certificate() (
    certificate=${certificate:-} private_key=${private_key:-}
    # Of an earlier start, which refused them.
    rm -f "$1/certificate.new" "$1/private_key.new"
    [ -n "$certificate$private_key" ] || exit 0
    [ -n "$certificate" ] || fail "TLS: a private key was given, but no certificate"
    [ -n "$private_key" ] || fail "TLS: a certificate was given, but no private key"
    umask 077
    printf '%s\n' "$certificate" >"$1/certificate.new"
    printf '%s\n' "$private_key" >"$1/private_key.new"
    openssl x509 -in "$1/certificate.new" -noout 2>/dev/null || fail "TLS: the certificate cannot be read; PEM is needed"
    openssl pkey -in "$1/private_key.new" -noout -passin pass: 2>/dev/null ||
        fail "TLS: the private key cannot be read; PEM without a passphrase is needed"
    [ "$(openssl x509 -in "$1/certificate.new" -noout -pubkey)" = "$(openssl pkey -in "$1/private_key.new" -pubout)" ] ||
        fail "TLS: the private key does not belong to the certificate"
    openssl x509 -in "$1/certificate.new" -noout -checkend 0 >/dev/null ||
        fail "TLS: the certificate ended on $(openssl x509 -in "$1/certificate.new" -noout -enddate | cut -d= -f2)"
)
