"""HoloSnap measured against its peers, in one run on one machine. `compare.py` is the way in."""
