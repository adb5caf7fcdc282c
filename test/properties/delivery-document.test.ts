import { describe, expect, it } from 'vitest';
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
  it('has every state, what it means and what an operator does', () => {
    const states = literals('src/core/account.ts', 'type AccountState');
    expect(states).toContain('in-sync');
    expect(firstColumn('state', 'meaning', 'goes to').sort()).toEqual(states.toSorted());
    expect(firstColumn('state', 'what an operator does').sort()).toEqual(states.toSorted());
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

  it('names every alert of the delivery side', () => {
    const document = readSource('docs/delivery.md');
    for (const file of ['run', 'worker', 'reconcile']) {
      const alerts = readSource(`src/sync/${file}.ts`).matchAll(/alert: '([a-z-]+)'/g);
      for (const [, alert] of alerts) expect(document, String(alert)).toContain(`\`${alert}\``);
    }
  });
});
