-- before
UPDATE `tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` SET `a b` = 'b';
-- during
DELETE FROM `tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` WHERE `id``x` = 2;
INSERT INTO `tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` (`order`) VALUES (9);
-- after
INSERT INTO `tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` (`order`) VALUES (10);
-- service
INSERT INTO `tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` (`order`) VALUES (11);
UPDATE `tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` SET `order` = 12 WHERE `order` = 10;
