// Before the services of docker-compose.yml start: development keys in a folder, made once, and
// the note by which the CLI finds the services and the keys.
//   node infra/docker/prepare.cjs /data http://gateway:4600 http://approval-service:4601
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { localKeys } = require('@fermata/standalone');

const [folder, url, approvalsUrl] = process.argv.slice(2);
if (approvalsUrl === undefined) {
  const usage = 'prepare.cjs <folder> <url of the gateway> <url of the approval-service>';
  process.stderr.write(`Expected ${usage}, found ${process.argv.length - 2} arguments.\n`);
  process.exit(1);
}
const notes = join(folder, '.fermata');
mkdirSync(notes, { recursive: true, mode: 0o700 });
const { keys: tokens } = localKeys(notes);
const note = `${JSON.stringify({ url, approvalsUrl, tokens }, null, 2)}\n`;
writeFileSync(join(notes, 'connection.json'), note, { mode: 0o600 });
