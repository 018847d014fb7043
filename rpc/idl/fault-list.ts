import type { Fault } from '../../common/errors.ts';
import { type Place, placeText } from './model.ts';

export type IdlFaultCode =
  | 'BANYAN_IDL_SYNTAX'
  | 'BANYAN_IDL_INCLUDE'
  | 'BANYAN_IDL_NAME'
  | 'BANYAN_IDL_VALUE'
  | 'BANYAN_IDL_ANNOTATION'
  | 'BANYAN_IDL_ANNOTATION_IGNORED'
  | 'BANYAN_IDL_RESERVED_WORD'
  | 'BANYAN_IDL_UNPORTABLE';

/** Collects every fault of an IDL, so that its author sees all of them at once. */
export class FaultList {
  readonly faults: Fault[] = [];

  add(code: IdlFaultCode, at: Place, what: string, fix: string): void {
    const fault = { code, what, fix, at: placeText(at) };
    // A name that is used twice through one typedef is one fault, not two.
    if (this.faults.some((known) => known.at === fault.at && known.what === what)) return;
    this.faults.push(fault);
  }

  /** Names of fields, methods and enums' members become members of JavaScript objects. */
  checkMemberName(name: string, at: Place): void {
    if (name !== '__proto__') return;
    this.add('BANYAN_IDL_NAME', at, 'JavaScript objects cannot have a member __proto__', 'Rename it.');
  }
}
