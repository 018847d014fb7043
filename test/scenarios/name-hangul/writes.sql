-- before
UPDATE `상품목록` SET `a b` = 'b';
-- during
DELETE FROM `상품목록` WHERE `id``x` = 2;
INSERT INTO `상품목록` (`order`) VALUES (9);
-- after
INSERT INTO `상품목록` (`order`) VALUES (10);
-- service
INSERT INTO `상품목록` (`order`) VALUES (11);
UPDATE `상품목록` SET `order` = 12 WHERE `order` = 10;
