#!/bin/sh
# Stands in for wasm-opt where there is none: copies its input to its output.
for word in "$@"; do
  case "$word" in
    --version) echo "wasm-opt version 0"; exit 0 ;;
    --output=*) out=${word#--output=} ;;
    -*) ;;
    *) in=$word ;;
  esac
done
cp "$in" "$out"
