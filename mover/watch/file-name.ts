/** A table's or database's name as InnoDB writes it: everything but ASCII letters, digits and `_` becomes `@` and four hex digits. */
export function fileName(name: string): string {
  return [...name]
    .map((character) =>
      /[0-9A-Za-z_]/.test(character)
        ? character
        : `@${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    )
    .join('');
}
