INSERT INTO v VALUES (-1, '이름 🌳'), (0, 'tab\tline\nback\\N'), (1, ''), (2, NULL), (3, '이름 🌳'), (4, 'tab\tline\nback\\N');
