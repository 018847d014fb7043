CREATE TABLE t (mail VARCHAR(60) NOT NULL, token VARCHAR(60) NOT NULL, created TIMESTAMP NULL, KEY t_mail (mail), KEY t_token (token)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
