INSERT INTO v VALUES (-1, x'0000ff'), (0, x''), (1, x'5c4e'), (2, NULL), (3, x'0000ff'), (4, x'');
