-- before
UPDATE `a/b` SET `a b` = 'b';
-- during
DELETE FROM `a/b` WHERE `id``x` = 2;
INSERT INTO `a/b` (`order`) VALUES (9);
-- after
INSERT INTO `a/b` (`order`) VALUES (10);
-- service
INSERT INTO `a/b` (`order`) VALUES (11);
UPDATE `a/b` SET `order` = 12 WHERE `order` = 10;
