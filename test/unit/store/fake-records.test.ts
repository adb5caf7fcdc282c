import { describe, expect, it } from 'vitest';
import { fakeRecords } from '../../../src/store/fake-records.ts';
import { openTemporary, temporaryFile } from './temporary-store.ts';

describe('the records of a fake', () => {
  it('are there for the next process, by kind and key', async () => {
    const file = temporaryFile();
    const records = fakeRecords(await openTemporary(file), 'attention');
    await records.put('user', 'a', { name: 'Ann' });
    await records.put('user', 'b', { name: 'Ben' });
    await records.put('team', 'a', { title: 'Sales' });
    await records.put('user', 'a', { name: 'Anna' });
    await records.delete('user', 'b');
    await records.delete('user', 'nobody');
    const later = fakeRecords(await openTemporary(file), 'attention');
    expect(await later.all('user')).toEqual(new Map([['a', { name: 'Anna' }]]));
    expect(await later.all('team')).toEqual(new Map([['a', { title: 'Sales' }]]));
  });

  it('are apart from those of another fake', async () => {
    const db = await openTemporary();
    await fakeRecords(db, 'attention').put('user', 'a', { name: 'Ann' });
    await fakeRecords(db, 'crankwheel').delete('user', 'a');
    expect(await fakeRecords(db, 'crankwheel').all('user')).toEqual(new Map());
    expect((await fakeRecords(db, 'attention').all('user')).size).toBe(1);
  });
});
