#!/bin/sh
# Makes the samples of this folder anew (p7zip-full, genisoimage, cpio, binutils, ncompress, lzip, lz4).
# They differ in their bytes each time; after it: GOLDEN=write cargo test -p dlpscan-extract
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

mkdir -p office/empty
printf 'Dear Sir,\nplease pay to sort code 08-99-99, account number 66374958.\n' > office/letter.txt
printf 'Name,Card number\nJo Bloggs,4111 1111 1111 1111\n' > office/cards.csv
: > office/nothing.txt
touch -d '2026-11-02 09:00:00 UTC' office/* office

rm -f "$here"/*.7z
7z a -bd -t7z -ms=on -mtc=off "$here/solid.7z" office > /dev/null
for method in PPMd BZip2 Deflate Deflate64 Copy LZMA LZMA2; do
    printf 'Packed with %s: card 4111 1111 1111 1111\n' $method > $method.txt
    touch -d '2026-11-02 09:00:00 UTC' $method.txt
    7z a -bd -ms=off -mhc=off -m0=$method "$here/methods.7z" $method.txt > /dev/null
done
# A filter for programs with four streams.
head -c 20000 /bin/true > program.exe
printf '\nInside a program: card 4111 1111 1111 1111\n' >> program.exe
7z a -bd -m0=BCJ2 -m1=LZMA -m2=LZMA -m3=LZMA -mb0:1 -mb0s1:2 -mb0s2:3 "$here/filter.7z" program.exe > /dev/null
7z a -bd -pnever-guess "$here/locked.7z" office/letter.txt > /dev/null
7z a -bd -pnever-guess -mhe=on "$here/locked_list.7z" office/letter.txt > /dev/null
