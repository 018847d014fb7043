/** What a statement in the binary log means for the moved tables. */
export type StatementMeaning =
  /** It changes no row of theirs, or its rows follow as row events. */
  | 'harmless'
  /** It ends the transaction that began before. */
  | 'ends'
  /** Rows may have changed of which nothing more is logged. */
  | 'rows'
  /** One of the tables was emptied, replaced, renamed or dropped. */
  | 'replaced';

const transactionEnds = /^(COMMIT|ROLLBACK)\s*$/i;
const changesNoRows =
  /^(BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|XA|CREATE|ALTER|DROP|RENAME|TRUNCATE|GRANT|REVOKE|FLUSH|ANALYZE|OPTIMIZE|REPAIR|CHECK|INSTALL|UNINSTALL|SET|PURGE|LOCK|UNLOCK)\b/i;
const replaces =
  /^(TRUNCATE|DROP\s+(TABLE|TABLES|DATABASE|SCHEMA)|RENAME\s+TABLES?|ALTER\b.*(\b(DISCARD|IMPORT)\b.*\bTABLESPACE|\b(EXCHANGE|TRUNCATE|DROP)\s+PARTITION|\bRENAME\s+(TO|AS)\b))\b/is;

/**
 * Judges by words, not by grammar, and on the safe side: a statement that changes rows and runs in the tables' database, or
 * names it or one of the tables, counts as theirs. An empty statement is what MariaDB writes in place of what it left out.
 */
export function judgeStatement(
  sql: string,
  ranIn: string,
  moved: { readonly database: string; readonly tables: readonly string[] },
): StatementMeaning {
  const plain = withoutComments(sql).trim();
  if (plain === '') return 'harmless';
  if (transactionEnds.test(plain)) return 'ends';
  const words = new Set(wordsOf(plain));
  const namesTable = moved.tables.some((table) => words.has(table.toLowerCase()));
  const inDatabase = ranIn.toLowerCase() === moved.database.toLowerCase();
  const namesDatabase = words.has(moved.database.toLowerCase());
  if (!changesNoRows.test(plain)) return inDatabase || namesDatabase || namesTable ? 'rows' : 'harmless';
  if (!replaces.test(plain)) return 'harmless';
  if (/^DROP\s+(DATABASE|SCHEMA)\b/i.test(plain)) return namesDatabase ? 'replaced' : 'harmless';
  return namesTable && (inDatabase || namesDatabase) ? 'replaced' : 'harmless';
}

/** What servers of some version only are to run (`/*!80000 … * /`) is run. Quoted text is kept as it is. */
function withoutComments(sql: string): string {
  return sql.replace(
    /('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)|\/\*M?!\d*|\/\*(?!M?!)[\s\S]*?\*\/|\*\/|(?:#|--(?=\s|$)).*/g,
    (_all, quoted?: string) => quoted ?? ' ',
  );
}

function wordsOf(sql: string): string[] {
  return (sql.match(/`(?:[^`]|``)*`|[\p{L}\p{N}_$]+/gu) ?? []).map((word) =>
    (word.startsWith('`') ? word.slice(1, -1).replaceAll('``', '`') : word).toLowerCase(),
  );
}
