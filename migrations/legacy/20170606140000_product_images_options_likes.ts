import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table product_images (
      id int unsigned not null auto_increment primary key,
      product_id int unsigned not null,
      file_name varchar(255) not null,
      content_type varchar(60) not null,
      sha256 char(64) character set ascii collate ascii_bin not null,
      bytes mediumblob not null,
      created_at datetime not null,
      key product_images_product_id_foreign (product_id),
      constraint product_images_product_id_foreign foreign key (product_id) references products (id) on delete cascade
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
  // The image is the picture of this very variant.
  await knex.raw(`
    create table product_options (
      id int unsigned not null auto_increment primary key,
      product_id int unsigned not null,
      image_id int unsigned null,
      name varchar(120) not null,
      surcharge decimal(12, 2) not null default '0.00',
      unique key product_options_name_unique (product_id, name),
      key product_options_image_id_foreign (image_id),
      constraint product_options_product_id_foreign foreign key (product_id) references products (id) on delete cascade,
      constraint product_options_image_id_foreign foreign key (image_id) references product_images (id) on delete set null
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
  await knex.raw(`
    create table product_likes (
      user_id int unsigned not null,
      product_id int unsigned not null,
      created_at datetime not null,
      primary key (user_id, product_id),
      key product_likes_product_id_foreign (product_id),
      constraint product_likes_user_id_foreign foreign key (user_id) references users (id),
      constraint product_likes_product_id_foreign foreign key (product_id) references products (id) on delete cascade
    ) default character set utf8mb4 collate utf8mb4_unicode_ci`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('product_likes');
  await knex.schema.dropTable('product_options');
  await knex.schema.dropTable('product_images');
}
