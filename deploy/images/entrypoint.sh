#!/bin/sh
# Becomes `python -m MODULE ARGUMENTS`; a container of its own name is an instance of its own.
set -eu
export IMMO_INSTANCE="${IMMO_INSTANCE:-$(hostname)}"
exec python -m ${IMMO_MODULE:-} "$@"
