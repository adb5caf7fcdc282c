import { describe, expect, it } from 'vitest';
import type { Field } from '../../../../src/core/field.ts';
import { checkExpression } from '../../../../src/sync/plan/expression-check.ts';
import { compileExpressions } from '../../../../src/sync/plan/expressions.ts';

function nested(times: number, wrap: (inner: string) => string): string {
  let text = '"aaaaaaaaaa"';
  for (let n = 0; n < times; n += 1) text = wrap(text);
  return text;
}

describe('An expression is refused when it is saved, that grows', () => {
  it.each([
    // 143 characters make a million elements in 1.9 s.
    ['by steps over lists', Array.from({ length: 6 }, () => '([1,1,1,1,1,1,1,1,1,1])').join('.')],
    ['deeper than 20', `${'$trim('.repeat(25)}userName${')'.repeat(25)}`],
  ])('%s', (_what, text) => {
    expect(checkExpression(text)).not.toBeNull();
  });
});

describe('An expression that grows a text without measure', () => {
  it.each([
    // 174 characters would make 10 MB; 1,000 would make 10^20.
    ['by replacing', nested(6, (inner) => `$replace(${inner},"a","aaaaaaaaaa")`)],
    ['by splitting and joining', nested(6, (inner) => `$join($split(${inner},""),"aaaaaaaaaa")`)],
  ])('%s fails for that User with the field named', async (_what, expression) => {
    expect(checkExpression(expression)).toBeNull();
    const field: Field = {
      name: 'nick',
      description: '',
      type: 'string',
      set: 'always',
      withoutCall: 'ignore',
      default: { from: 'none' },
    };
    const evaluate = compileExpressions({ nick: { source: { expression } } }, [field]);
    await expect(evaluate({})).rejects.toThrow(/nick.*longer than 10000/);
  });
});
