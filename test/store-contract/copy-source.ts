import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { COPIED_TABLES } from '../../src/store/copy-tables.ts';
import { closeDatabase, openDatabase, type StoreMode } from '../../src/store/database.ts';

/** More than go at once. */
export const USERS = 4_500;

interface Column {
  name: string;
  type: string;
  notnull: number;
  /** Its place in the primary key, from 1; 0: not of it. */
  pk: number;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The file of a store with rows in every table and every column, texts that are hard to carry among them. */
export async function filledStore(mode: StoreMode = 'real', users = 3): Promise<string> {
  const file = join(temporaryFolder(), mode === 'real' ? 'causeway.db' : 'sandbox.db');
  await closeDatabase(await openDatabase({ file, mode }));
  const db = new DatabaseSync(file);
  db.exec(`insert into meta values ('key_check', 'v1.of.${Math.random()}'); begin`);
  for (const { name } of COPIED_TABLES) {
    for (let row = 0; row < (name === 'users' ? users : 3); row += 1) insertRow(db, name, row);
  }
  db.exec('commit');
  db.close();
  return file;
}

function insertRow(db: DatabaseSync, table: string, row: number): void {
  const columns = columnsOf(db, table);
  const values = columns.map((column) => testValue(column, row));
  db.prepare(`insert into "${table}" values (${columns.map(() => '?').join()})`).run(...values);
}

export function columnsOf(db: DatabaseSync, table: string): Column[] {
  return db.prepare(`select name, type, "notnull", pk from pragma_table_info('${table}')`).all() as never;
}

/** The last row has null where there may be one. */
function testValue({ name, type, notnull, pk }: Column, row: number): SQLInputValue {
  if (row === 2 && notnull === 0 && pk === 0) return null;
  if (type.toLowerCase() === 'integer') return 1_900_000_000_000 + row;
  if (name === 'folded') return `{"zz":[${row}.5,null,{"b":"ä","a":true}],"b":"x","id":${row}}`;
  return `${['é', 'Z', 'a', 'z', '😀'][row % 5]}-{"'\\,${name}\n%${row}`;
}

/** All rows in the order of their keys; `folded` as JSON, since PostgreSQL has an order of its own for it. */
export function contentsOf(file: string): Record<string, unknown[]> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return Object.fromEntries(
      COPIED_TABLES.map(({ name, key }) => {
        const rows = db.prepare(`select * from "${name}" order by ${key.join()}`).all();
        return [
          name,
          rows.map(({ folded, ...row }) => ({ ...row, folded: folded && JSON.parse(String(folded)) })),
        ];
      }),
    );
  } finally {
    db.close();
  }
}

export function execute(file: string, statement: string): void {
  const db = new DatabaseSync(file);
  db.exec(statement);
  db.close();
}
