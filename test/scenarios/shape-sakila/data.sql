INSERT INTO actor (last_name) VALUES ('GUINESS'),('WAHLBERG'),('CHASE');
INSERT INTO film (rating, special) VALUES ('PG','Trailers'),('G',NULL);
INSERT INTO film_actor VALUES (1,1),(1,2),(2,1),(3,2);
INSERT INTO country (country) VALUES ('Korea'),('Algeria');
INSERT INTO city (city, country_id) VALUES ('Seoul',1),('Batna',2);
INSERT INTO address (city_id, location) VALUES (1, POINT(1,2)),(2, POINT(3,4));
