-- before
UPDATE actor SET actor_id = 100 WHERE actor_id = 1;
-- during
UPDATE film SET film_id = 20 WHERE film_id = 2;
-- after
UPDATE country SET country_id = 9 WHERE country_id = 2;
-- service
UPDATE city SET city_id = 77 WHERE city_id = 1;
UPDATE actor SET actor_id = 5 WHERE actor_id = 100;
