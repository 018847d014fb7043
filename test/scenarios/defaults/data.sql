INSERT INTO t () VALUES (), (), (), (), ();
