import { sql } from 'kysely';
import type { ConnectionId } from '../core/ids.ts';
import type { Transaction } from './database.ts';

const ERASED = '(erased)';

/**
 * Takes what is said of a person out of the history: the deliveries stay as rows that can be counted. `names`: the person's
 * userName and addresses. Returns how many deliveries were about them.
 */
export async function erasePerson(
  tx: Transaction,
  connectionId: ConnectionId,
  accountIds: readonly string[],
  names: readonly string[],
): Promise<number> {
  const about = (columns: readonly string[]) =>
    sql<boolean>`(${sql.join(
      names.flatMap((name) =>
        columns.map((column) => sql`lower(${sql.ref(column)}) like ${likePattern(name)} escape '!'`),
      ),
      sql` or `,
    )})`;
  const deliveries = await tx
    .updateTable('deliveries')
    .set({ steps: '[]', calls: '[]', error: null })
    .where('connection_id', '=', connectionId)
    .where((eb) =>
      eb.or([
        ...(accountIds.length === 0 ? [] : [eb('account_id', 'in', accountIds)]),
        about(['steps', 'calls', 'error']),
      ]),
    )
    .returning('id')
    .execute();
  await tx
    .updateTable('tasks')
    .set({ title: ERASED, wanted: 'null' })
    .where('connection_id', '=', connectionId)
    .where('state', '!=', 'open')
    .where(about(['title', 'wanted']))
    .execute();
  await tx
    .updateTable('audit')
    .set({ detail: JSON.stringify({ erased: true }) })
    .where('connection_id', '=', connectionId)
    .where(about(['detail']))
    .execute();
  return deliveries.length;
}

/** Anywhere in the text; names stand in JSON there, so they are looked for as JSON writes them. */
function likePattern(name: string): string {
  const written = JSON.stringify(name.toLowerCase()).slice(1, -1);
  return `%${written.replace(/[!%_]/g, (character) => `!${character}`)}%`;
}
