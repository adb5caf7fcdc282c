import { writeFileSync } from 'node:fs';
import { documentOf, FILE } from './document.ts';
import { rules } from './rules.ts';

writeFileSync(FILE, documentOf(rules));
