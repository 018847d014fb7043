import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('product_images', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.integer('product_id').unsigned().notNullable().references('products.id').onDelete('CASCADE');
    table.string('file_name', 255).notNullable();
    table.string('content_type', 60).notNullable();
    table.specificType('sha256', 'char(64) character set ascii collate ascii_bin').notNullable();
    table.specificType('bytes', 'mediumblob').notNullable();
    table.datetime('created_at').notNullable();
  });
  await knex.schema.createTable('product_options', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.increments('id');
    table.integer('product_id').unsigned().notNullable().references('products.id').onDelete('CASCADE');
    // The picture of this very variant.
    table.integer('image_id').unsigned().nullable().references('product_images.id').onDelete('SET NULL');
    table.string('name', 120).notNullable();
    table.decimal('surcharge', 12, 2).notNullable().defaultTo('0.00');
    table.unique(['product_id', 'name'], { indexName: 'product_options_name_unique' });
  });
  await knex.schema.createTable('product_likes', (table) => {
    table.charset('utf8mb4');
    table.collate('utf8mb4_unicode_ci');
    table.integer('user_id').unsigned().notNullable().references('users.id');
    table.integer('product_id').unsigned().notNullable().references('products.id').onDelete('CASCADE');
    table.datetime('created_at').notNullable();
    table.primary(['user_id', 'product_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('product_likes');
  await knex.schema.dropTable('product_options');
  await knex.schema.dropTable('product_images');
}
