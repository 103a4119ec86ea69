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

# Streams.
printf 'Dear Sir,\nplease pay to sort code 08-99-99, account number 66374958.\n' > letter.txt
i=0
while [ $i -lt 400 ]; do
    echo "line $i of the minutes, which goes on and on; $((i * 7919 % 1009)) were in favour" >> letter.txt
    i=$((i + 1))
done
echo 'At the end: card 4111 1111 1111 1111' >> letter.txt
compress -c letter.txt > "$here/letter.txt.Z"
lzip -c letter.txt > "$here/letter.txt.lz"
lz4 -q -B4 -BD -c letter.txt > "$here/letter.txt.lz4"
lz4 -q -c office/letter.txt >> "$here/letter.txt.lz4"
lz4 -q -l -c office/letter.txt > "$here/old.lz4"

# Archives of plain entries.
ln -s ../office/letter.txt office/link
for format in newc crc odc bin; do
    find office | sort | cpio -o -H $format --reproducible > "$here/$format.cpio" 2> /dev/null
done
cp office/letter.txt 'a name too long for a header.txt'
rm -f "$here/names.a"
ar rcD "$here/names.a" office/cards.csv 'a name too long for a header.txt'
printf '2.0\n' > debian-binary
tar -C office --owner=0 --group=0 --numeric-owner -czf data.tar.gz letter.txt
rm -f "$here/package.deb"
ar rcD "$here/package.deb" debian-binary data.tar.gz
mkdir -p 'office/A Folder/deeper'
cp office/letter.txt 'office/A Folder/deeper/Letter to the supplier, final version.txt'
genisoimage -quiet -no-pad -J -R -V MINUTES -publisher 'j.bloggs@council.example' \
    -o "$here/disc.iso" office 2> /dev/null
