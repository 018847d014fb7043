/** How a column's values are written as SQL. */
export type ColumnKind =
  | 'number'
  | 'float'
  | 'temporal'
  | 'ascii'
  | 'text'
  | 'json'
  | 'bit'
  | 'binary'
  | 'unsupported';

const kinds: Readonly<Record<string, ColumnKind>> = {
  tinyint: 'number',
  smallint: 'number',
  mediumint: 'number',
  int: 'number',
  bigint: 'number',
  decimal: 'number',
  float: 'float',
  double: 'float',
  date: 'temporal',
  time: 'temporal',
  datetime: 'temporal',
  timestamp: 'temporal',
  year: 'temporal',
  uuid: 'ascii',
  inet4: 'ascii',
  inet6: 'ascii',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  enum: 'text',
  set: 'text',
  json: 'json',
  bit: 'bit',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  vector: 'binary',
  geometry: 'binary',
  point: 'binary',
  linestring: 'binary',
  polygon: 'binary',
  multipoint: 'binary',
  multilinestring: 'binary',
  multipolygon: 'binary',
  geometrycollection: 'binary',
  geomcollection: 'binary',
};

export function columnKind(dataType: string): ColumnKind {
  return kinds[dataType] ?? 'unsupported';
}
