#!/usr/bin/env bash
# The build script of the article that Changegate starts from, as a whole again: the page lost its `then`, `do`,
# `else` and `fi`. Runs in a checkout; `aws` comes from the PATH.
#
# usage: article-sync.sh BUCKET DOWNLOAD_FOLDER
set -euo pipefail

bucket=$1
existing=$2
archives=$(mktemp -d)
trap 'rm -rf "$archives"' EXIT

upload() {
  local archive="$archives/archive.zip"
  rm -f "$archive"
  zip --quiet --junk-path "$archive" "$1"
  aws s3 cp --quiet "$1" "s3://$bucket/TemplateSource/$1"
  aws s3 cp --quiet "$archive" "s3://$bucket/TemplateSource/$1.zip"
}

mkdir -p "$existing/TemplateSource/stacks"
aws s3 sync --quiet --delete "s3://$bucket/" "$existing/"

if [ -d stacks ]; then
  find stacks -name '*.json' | while read -r file; do
    if [ -f "$existing/TemplateSource/$file" ]; then
      if ! cmp --silent "$file" "$existing/TemplateSource/$file"; then
        upload "$file"
      fi
    else
      upload "$file"
    fi
  done
fi

checkout=$PWD
cd "$existing/TemplateSource"
find stacks -name '*.json' | while read -r file; do
  if [ ! -f "$checkout/$file" ]; then
    aws s3 rm --quiet "s3://$bucket/TemplateSource/$file"
    aws s3 rm --quiet "s3://$bucket/TemplateSource/$file.zip"
  fi
done
