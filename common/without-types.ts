import { stripTypeScriptTypes } from 'node:module';

/** Node says with each process's first call that this function may still change; nobody who runs a command needs to know. */
export function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
