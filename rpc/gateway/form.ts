import type { Escapes } from '../http/binding.ts';
import { type EachText, textsOf } from './nested-parameters.ts';
import { formText, formValues } from './parameters.ts';

/** The fields of a body that is a form. */
export interface Form {
  /** Every value of a name that some field takes; null where there is none. @throws BadValue */
  values(name: string, escapes: Escapes): readonly string[] | null;
  /** Those whose names begin like `root`, others too perhaps. */
  texts(root: string | null, escapes: Escapes): EachText;
}

/** `application/x-www-form-urlencoded`. */
export class UrlencodedForm implements Form {
  readonly #text: string;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** @param names those that fields take: a body may have millions of others. */
  constructor(text: string, names: ReadonlySet<string>) {
    this.#text = text;
    this.#values = formValues(text, names);
  }

  values(name: string, escapes: Escapes): readonly string[] | null {
    // Bodies are qs's to read in every version of Express.
    const decoding = escapes === 'strict' ? 'strict' : 'qs';
    return this.#values.get(name)?.map((raw) => formText(raw, decoding)) ?? null;
  }

  texts(root: string | null, escapes: Escapes): EachText {
    return textsOf(this.#text, root, escapes === 'strict' ? 'strict' : 'qs');
  }
}
