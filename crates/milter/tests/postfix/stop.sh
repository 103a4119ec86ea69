#!/usr/bin/env bash
# Ends the Postfix that start.sh began: stop.sh FOLDER
exec postfix -c "$1/etc" stop 2>/dev/null
