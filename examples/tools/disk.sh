#!/bin/sh
# The method is the first argument, the arguments of the call come as JSON on standard input.
set -eu
path=$(sed -n 's/.*"path":"\([^"]*\)".*/\1/p')
case $1 in
free)
  kib=$(df -Pk "$path" | awk 'NR == 2 { print $4 }')
  echo "{\"bytes\": $((kib * 1024))}"
  ;;
esac
