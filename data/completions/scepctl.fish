# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for scepctl

set -l settings AlgorithmPolicy CAIdentifier CARollover CARootCertificate CARootFingerprint \
    CARootVerificationMethod CertificateCheckInterval CertificateTemplate ChallengePasswordOneTime \
    ClientCertificateRenew ConnectRetryInterval Enabled ExtendedKeyUsage KeyUsage \
    KeystoreServiceTarget RACertificateFingerprint RSAKeyLength RenewalSendsChallenge \
    RenewalThreshold ServerEndpoint SubjectAltNames SubjectChange SubjectDN TLSCACertificates
set -l verbs status list configure enroll renew switch-back diagnose crl certificate accept-ca \
    history monitor reload keystore profile
set -l keystore_verbs list show create csr export import delete
set -l seen __fish_seen_subcommand_from
set -l profiles "(scepctl list 2>/dev/null | sed '1d; s/ .*//')"

complete -c scepctl -f
complete -c scepctl -s h -l help -d 'Show help'
complete -c scepctl -s p -l profile -x -a "$profiles" -d 'The profile, instead of the default one'
complete -c scepctl -s j -l json -d 'Print JSON, for programs'
complete -c scepctl -n "not $seen $verbs" -l version -d 'Print the version'

set -l first "not $seen $verbs"
complete -c scepctl -n $first -a status -d 'Show a profile'
complete -c scepctl -n $first -a list -d 'List the profiles'
complete -c scepctl -n $first -a configure -d 'Change settings'
complete -c scepctl -n $first -a enroll -d 'Ask the CA for another certificate now'
complete -c scepctl -n $first -a renew -d 'Renew the certificate now'
complete -c scepctl -n $first -a switch-back -d 'Make the previous generation current again'
complete -c scepctl -n $first -a diagnose -d 'Try every step up to a request'
complete -c scepctl -n $first -a crl -d 'Print the revocation list'
complete -c scepctl -n $first -a certificate -d 'Print a certificate that the CA issued'
complete -c scepctl -n $first -a accept-ca -d 'Trust the CA that the server offers'
complete -c scepctl -n $first -a history -d 'Show what happened to a profile'
complete -c scepctl -n $first -a monitor -d 'Show what happens as it happens'
complete -c scepctl -n $first -a reload -d 'Read the files again'
complete -c scepctl -n $first -a keystore -d 'Keys and certificates'
complete -c scepctl -n $first -a profile -d 'Add or remove a profile'

complete -c scepctl -n "$seen status enroll renew" -s w -l wait -d 'Wait for the certificate'
complete -c scepctl -n "$seen status enroll renew" -s t -l timeout -x -d 'Seconds'

set -l setting "$seen configure; or $seen profile; and $seen create"
complete -c scepctl -n "$setting" -l challenge-file -rF -d 'Read the challenge password'
complete -c scepctl -n "$setting" -l ask-challenge -d 'Ask for the challenge password'
complete -c scepctl -n "$setting" -a "$settings="
complete -c scepctl -n "$seen configure" -l reset -x -a "$settings" -d 'Return a setting'

complete -c scepctl -n "$seen keystore; and not $seen $keystore_verbs" -a "$keystore_verbs"
complete -c scepctl -n "$seen keystore" -s k -l keystore -x -d 'The keystore'
complete -c scepctl -n "$seen keystore; and $seen create" -s b -l bits -x -a '2048 3072 4096 8192'
complete -c scepctl -n "$seen keystore; and $seen csr" -s s -l subject -x -d 'Distinguished name'
complete -c scepctl -n "$seen keystore; and $seen csr" -s n -l san -x -d 'Alternative name'
complete -c scepctl -n "$seen keystore; and $seen export" -s o -l output -rF -d 'File to write'
complete -c scepctl -n "$seen crl certificate" -s o -l output -rF -d 'File to write'
complete -c scepctl -n "$seen keystore; and $seen import" -F
complete -c scepctl -n "$seen profile; and not $seen create delete" -a 'create delete'
complete -c scepctl -n "$seen profile; and $seen delete" -a "$profiles"
