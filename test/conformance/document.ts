import type { Rule } from './rule.ts';

export const FILE = new URL('../../docs/conformance.md', import.meta.url);

const TITLES: Record<string, string> = {
  'RFC 7643 §2': 'Attributes',
  'RFC 7643 §3': 'Resources',
  'RFC 7643 §4': 'Users, Groups and the enterprise extension',
  'RFC 7643 §5': 'ServiceProviderConfig',
  'RFC 7643 §6': 'ResourceTypes',
  'RFC 7643 §7': 'Schemas',
  'RFC 7644 §3': 'Protocol',
  'RFC 7644 §4': 'Discovery',
  'RFC 7644 §6': 'Several connections',
  'RFC 7644 §7': 'Security',
  'RFC 9865 §2': 'Cursors',
  'RFC 9865 §4': 'Cursors in ServiceProviderConfig',
};

const HEAD = `# Conformance

What Causeway's SCIM endpoint holds to, by section. Each line is a test: \`test/conformance\` sends the requests over HTTP
and \`npm test\` fails where an answer differs. This file is written by \`node test/conformance/write-document.ts\`.

What the RFCs leave open is decided for the identity providers: op names and attribute names in any case, text booleans,
elements that a filter does not find are created, a page holds 100 resources where no \`count\` is given and 200 at most,
a Group's \`displayName\` is unique in its connection.
`;

/** The text of docs/conformance.md. */
export function documentOf(rules: readonly Rule[]): string {
  const chapters = Map.groupBy(rules, ({ section }) => section.split('.')[0] ?? '');
  const parts = [...chapters].map(([chapter, held]) => {
    const rows = held.map(
      ({ section, says }) => `| ${section.split('§')[1]} | ${says.replaceAll('|', '\\|')} |`,
    );
    const title = [chapter, TITLES[chapter]].filter((text) => text !== undefined).join(': ');
    return [`## ${title}`, '', '| § | rule |', '|---|---|', ...rows].join('\n');
  });
  return `${HEAD}\n${rules.length} rules.\n\n${parts.join('\n\n')}\n`;
}
