#!/bin/sh
# Draw the passwords of compose.yaml into a new folder, each in a file for the one user who reads it.
# Usage, as root: make-secrets.sh FOLDER
set -eu
umask 077
folder="$1"
program=10001  # user of the image of notegate
server=999     # user of the images of PostgreSQL and Redis
mkdir "$folder"  # never into one that is there: its passwords may be in use
cd "$folder"

draw() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

owner="$(draw)"
gate="$(draw)"
draw >postgres_password
printf '%s' "$owner" >owner_password
printf '%s' "$gate" >gate_password
printf 'database:5432:notegate:notegate_owner:%s\n' "$owner" >pgpass_owner
printf 'database:5432:notegate:notegate_gate:%s\n' "$gate" >pgpass_gate
printf 'requirepass %s\nappendonly yes\ndir /data\n' "$(draw)" >redis_conf

chown "$server" postgres_password owner_password gate_password redis_conf
chown "$program" pgpass_owner pgpass_gate
chmod 0400 ./*
# The daemon, which is root, hands the files on; nobody else may look into the folder.
chmod 0700 .
