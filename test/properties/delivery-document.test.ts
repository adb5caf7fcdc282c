import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STATE_CHANGES } from '../../src/core/account-state.ts';
import { ALERTS } from '../../src/core/alert.ts';
import { documentedTable, names, readSource } from './delivery/documented.ts';

/** The literals of a union type as the source has them. */
function literals(path: string, type: string): string[] {
  const declared =
    readSource(path)
      .split(new RegExp(`${type}(?: =|:)`))[1]
      ?.split(';')[0] ?? '';
  return [...declared.matchAll(/'([A-Za-z_-]+)'/g)].map(([, literal = '']) => literal);
}

function firstColumn(...headings: string[]): string[] {
  return documentedTable(...headings).flatMap(([first = '']) => names(first));
}

describe('docs/delivery.md', () => {
  it('has every state and where it goes, as the code has them, and what an operator does', () => {
    const table = documentedTable('state', 'meaning', 'goes to');
    const told = table.map(([state = '', , next = '']) => [names(state)[0], names(next)]);
    expect(Object.fromEntries(told)).toEqual(STATE_CHANGES);
    expect(firstColumn('state', 'what an operator does')).toEqual(Object.keys(STATE_CHANGES));
  });

  it('has every result of a delivery', () => {
    const results = literals('src/core/delivery.ts', 'type DeliveryResult');
    expect(results).toContain('retry');
    expect(firstColumn('result', 'meaning', 'the waiting push is answered').sort()).toEqual(
      results.toSorted(),
    );
  });

  it('has every error code', () => {
    const codes = [
      ...literals('src/core/errors.ts', 'type VendorErrorCode'),
      ...literals('src/core/account.ts', 'code'),
    ];
    expect(codes).toContain('DEFECT');
    expect(firstColumn('code', 'meaning', 'what happens next').sort()).toEqual(codes.toSorted());
  });

  it('has every alert that the code raises', () => {
    const files = readdirSync(join(import.meta.dirname, '../../src/sync'), {
      recursive: true,
      encoding: 'utf8',
    });
    const raised = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        // A union's members too.
        [...readSource(`src/sync/${file}`).matchAll(/alert: ((?:'[a-z-]+'(?: \| )?)+)/g)].flatMap(
          ([, alerts = '']) => [...alerts.matchAll(/[a-z-]+/g)].map(([alert]) => alert),
        ),
      );
    expect([...new Set(raised)].toSorted()).toEqual([...ALERTS]);
    expect(firstColumn('alert', 'meaning', 'what an operator does')).toEqual([...ALERTS]);
  });
});
