#!/usr/bin/env bash
# Starts a Postfix of its own on loopback: no systemd, no syslog, nothing of the machine's Postfix
# touched. It takes mail for box.example into FOLDER/mail/box/new and everything else nowhere.
#
#   start.sh FOLDER SMTP_PORT MILTER_ADDRESS [DEFAULT_ACTION]
#
# Runs as root: Postfix insists on its own user and group. Every folder above FOLDER must be open to
# them. stop.sh FOLDER ends it.
set -euo pipefail
folder=$1 port=$2 milter=$3 action=${4:-tempfail}

mkdir -p "$folder"/{etc,queue,data,mail}
chmod 755 "$folder" "$folder"/{etc,queue}
for file in dynamicmaps.cf postfix-files postfix-script post-install; do
    for from in /etc/postfix /usr/lib/postfix; do
        if [ -e "$from/$file" ]; then
            cp "$from/$file" "$folder/etc/"
            break
        fi
    done
done

cat > "$folder/etc/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $folder/maillog
maillog_file_prefixes = /var, /dev/stdout, $folder
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.hartle-tc.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = box.example
virtual_mailbox_base = $folder/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
virtual_mailbox_limit = 0
message_size_limit = 60000000
default_transport = error:no mail leaves the tests
smtpd_milters = $milter
non_smtpd_milters = $milter
milter_protocol = 6
milter_default_action = $action
milter_connect_timeout = 5s
milter_command_timeout = 10s
milter_content_timeout = 60s
EOF

cat > "$folder/etc/master.cf" <<EOF
127.0.0.1:$port inet n - n - 50 smtpd
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 300   1 qmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
verify    unix - - n -     1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -     - proxymap
showq     unix n - n -     - showq
error     unix - - n -     - error
retry     unix - - n -     - error
virtual   unix - n n -     - virtual
anvil     unix - - n -     1 anvil
scache    unix - - n -     1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
EOF

chown -R postfix "$folder/data"
chown -R 65534:65534 "$folder/mail"
postfix -c "$folder/etc" check 2>&1 | grep -v 'not owned by' || true
postfix -c "$folder/etc" start 2>/dev/null
