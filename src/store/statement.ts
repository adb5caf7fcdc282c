import type { CompiledQuery } from 'kysely';
import type { Database, Transaction } from './database.ts';
import { NodeSqliteAdapter } from './dialect.ts';

type Value = string | number | null;

/** Numbers of values for which one statement is kept compiled. */
const MAX_SIZES = 100;

/**
 * A statement that requests make all the time: compiled once for each database and number of values, as compiling costs more
 * than running it. `build` must use every value as a parameter, and decide nothing by it.
 */
export function statement<Row, Values extends readonly Value[]>(
  build: (db: Database, ...values: Values) => CompiledQuery<Row>,
): (db: Database | Transaction, ...values: Values) => Promise<Row[]> {
  // The adapter is the same object for a database and its transactions.
  const compiled = new WeakMap<object, Map<number, Compiled<Row>>>();
  return (db, ...values) => {
    const { adapter } = db.getExecutor();
    const bySize = compiled.get(adapter) ?? new Map<number, Compiled<Row>>();
    let known = bySize.get(values.length);
    if (known === undefined) {
      const places = values.map((_, index) => `value ${index} of a statement`);
      known = inOrder(build(db, ...(places as readonly Value[] as Values)), places);
      if (bySize.size < MAX_SIZES) compiled.set(adapter, bySize.set(values.length, known));
    }
    return run(db, known, values);
  };
}

/** As `statement`, for one of many values: they have names, the same ones at each call. */
export function namedStatement<Row, Values extends Readonly<Record<string, Value>>>(
  build: (db: Database, values: Values) => CompiledQuery<Row>,
): (db: Database | Transaction, values: Values) => Promise<Row[]> {
  const compiled = new WeakMap<object, { names: string[]; query: Compiled<Row> }>();
  return (db, values) => {
    const { adapter } = db.getExecutor();
    let known = compiled.get(adapter);
    if (known === undefined) {
      const names = Object.keys(values);
      const places = names.map((name) => `value ${name} of a statement`);
      const named = Object.fromEntries(names.map((name, index) => [name, places[index]]));
      known = { names, query: inOrder(build(db, named as Values), places) };
      compiled.set(adapter, known);
    }
    return run(
      db,
      known.query,
      known.names.map((name) => values[name] ?? null),
    );
  };
}

interface Compiled<Row> {
  query: CompiledQuery<Row>;
  /** Which value each parameter is; null: a constant of the statement. */
  order: readonly (number | null)[];
}

function inOrder<Row>(query: CompiledQuery<Row>, places: readonly string[]): Compiled<Row> {
  const order = query.parameters.map((parameter) => {
    const place = typeof parameter === 'string' ? places.indexOf(parameter) : -1;
    return place < 0 ? null : place;
  });
  return { query, order };
}

async function run<Row>(
  db: Database | Transaction,
  { query, order }: Compiled<Row>,
  values: readonly Value[],
): Promise<Row[]> {
  const { adapter } = db.getExecutor();
  const parameters = order.map((place, index) => (place === null ? query.parameters[index] : values[place]));
  if (adapter instanceof NodeSqliteAdapter) {
    return adapter.connection.query<Row>(query.sql, parameters, db.isTransaction);
  }
  return (await db.executeQuery<Row>({ ...query, parameters })).rows;
}
