import { InvalidArgumentError, Option } from 'commander';
import { engines } from '../servers/index.ts';

/** Options that the stack and the demo share. */
export function rowsOption(): Option {
  return new Option('--rows <n>', 'products in the monolith’s database')
    .argParser(wholeNumber({ least: 1, most: 100_000_000 }))
    .default(50_000);
}

export function engineOption(): Option {
  return new Option('--engine <engine>', 'which database server').choices([...engines]).default('mariadb');
}

/** Refuses what is no whole number in the bounds with a message that names them. */
export function wholeNumber(bounds: { readonly least: number; readonly most: number }) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < bounds.least || value > bounds.most) {
      throw new InvalidArgumentError(`Give a whole number from ${bounds.least} to ${bounds.most}.`);
    }
    return value;
  };
}
