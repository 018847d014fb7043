-- before
UPDATE `123` SET `a b` = 'b';
-- during
DELETE FROM `123` WHERE `id``x` = 2;
INSERT INTO `123` (`order`) VALUES (9);
-- after
INSERT INTO `123` (`order`) VALUES (10);
-- service
INSERT INTO `123` (`order`) VALUES (11);
UPDATE `123` SET `order` = 12 WHERE `order` = 10;
