"""Writes songs of a second of silence into a folder: music.py FOLDER COUNT."""
import os
import sys

from mutagen.id3 import ID3, TALB, TIT2, TPE1, TRCK

FRAME = bytes([0xFF, 0xFB, 0x90, 0x00]) + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz

folder, count = sys.argv[1], int(sys.argv[2])
for i in range(count):
    path = os.path.join(folder, f"Artist {i % 3}", f"Album {i % 7}", f"{i:04}.mp3")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(FRAME * 40)
    tags = ID3()
    for tag in (TIT2(3, f"Song {i}"), TPE1(3, f"Artist {i % 3}"), TALB(3, f"Album {i % 7}"), TRCK(3, str(i))):
        tags.add(tag)
    tags.save(path)
