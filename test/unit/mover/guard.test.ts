import { describe, expect, it } from 'vitest';
import { guarded, isGuarded } from '../../../mover/own-triggers/guard.ts';

describe('the guard of a trigger', () => {
  it.each([
    'SET NEW.n = 1',
    'SET NEW.n = IF(NEW.a, 1, 2);',
    "BEGIN IF NEW.n > 1 THEN SET NEW.n = 1; ELSEIF NEW.n = 0 THEN SET NEW.n = 2; ELSE SET @x = 'END IF; END'; END IF; END",
    'BEGIN CASE WHEN NEW.n = 1 THEN SET NEW.n = 2; ELSE SET NEW.n = 3; END CASE; END',
    'SET NEW.n = CASE NEW.n WHEN 1 THEN 2 ELSE 3 END',
    'BEGIN DECLARE i INT; again: LOOP SET i = i + 1; IF i > 3 THEN LEAVE again; END IF; END LOOP again; END',
    'BEGIN WHILE FALSE DO REPEAT SET @a = REPEAT("x", 3); UNTIL TRUE END REPEAT; END WHILE; END',
    'INSERT INTO log (what) VALUES (IF(TRUE, `if`, `end`)) -- ELSE',
  ])('holds the whole of %s', (statement) => {
    expect(isGuarded(statement)).toBe(false);
    // A comment to the end of the line would swallow what follows.
    expect(isGuarded(guarded(statement.replace(/ -- .*/, '')))).toBe(true);
  });

  it.each([
    'BEGIN IF @banyan_pass IS NULL THEN SET NEW.n = 1; END IF; SET NEW.m = 1; END',
    'BEGIN IF @banyan_pass IS NULL THEN SET NEW.n = 1; ELSE SET NEW.m = 1; END IF; END',
    'BEGIN IF @banyan_pass IS NULL THEN SET NEW.n = 1; END IF; IF TRUE THEN SET NEW.m = 1; END IF; END',
    'BEGIN IF @banyan_pass IS NULL OR TRUE THEN SET NEW.n = 1; END IF; END',
    'BEGIN IF @banyan_passed IS NULL THEN SET NEW.n = 1; END IF; END',
  ])('is not there in %s', (statement) => {
    expect(isGuarded(statement)).toBe(false);
  });
});
