// Words that gave way to another do not come back: the table of words in ARCHITECTURE.md says which
// one a thing has.
const { readFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { filesBelow, projectFolders, root } = require('./projects.cjs');

const PAGES = /^(?:README|ARCHITECTURE)\.md$|^docs\/(?!adr\/).*\.md$/;
const LOG = /^libs\/log\/src\/.*\.ts$/;
const CODE = /\.ts$/;
const SPEC = /\.spec\.ts$/;

/** What is not said, where, and what is said for it. */
const GONE = [
  {
    where: PAGES,
    word: /\bput(?:s|ting)? (?:\w+ ){0,2}aside\b/i,
    say: '"quarantine" of a run, "dead letter" of a record',
  },
  { where: CODE, word: /\bputAside\b|'put-aside'/, say: 'quarantine… or …DeadLetter' },
  { where: LOG, word: /\bquarantine\b/i, say: 'putDeadLetter: only runs are in quarantine' },
  {
    where: CODE,
    word: /(?:\/\/|^ *\/?\*\*?) (?:.* )?put(?:s|ting)? (?:\w+ ){0,5}aside\b/im,
    say: 'quarantine… or …DeadLetter',
  },
  {
    where: SPEC,
    word: /'(?:.* )?puts? (?:\w+ ){0,5}aside\b/,
    say: '"quarantine" of a run, "dead letter" of a record',
  },
  // The field of ReserveKey and KeyReserved keeps its name, as logs do; ADRs keep their titles.
  { where: PAGES, word: /(?<![`-])\bwish(?:es)?\b(?![`-])/i, say: 'request' },
  { where: CODE, word: /(?:\/\/|^ *\/?\*\*?) (?:.* )?wish(?:es)?\b/im, say: 'request' },
  { where: CODE, word: /\bWish\b|\b(?:const|function) wish|'.* wish(?:es)? .*', /, say: 'request' },
  {
    where: CODE,
    word: /(?:\/\/|^ *\/?\*\*?) (?:.* )?(?:asks?|given|without) leave\b/im,
    say: '"grant" or "permission"',
  },
  { where: PAGES, word: /\b(?:asks?|given|without) leave\b/i, say: '"grant" or "permission"' },
  {
    where: /^(?!libs\/contracts\/src\/definition\.ts$).*\.ts$/,
    word: /['`]definition-hash\/\$/,
    say: 'nameOfDefinition (contracts): one place knows the name',
  },
  { where: CODE, word: /\b(?:interface|class|type) Room\b/, say: 'what there is room of' },
];

/** Titles of tests are told as they are. */
const withoutQuotes = (/** @type {string} */ text) => text.replace(/"[^"\n]*"/g, '""');

/** Each file's words are those of the table. */
function wordsHaveOneMeaning() {
  const files = [
    ...['README.md', 'ARCHITECTURE.md'].map((page) => join(root, page)),
    ...filesBelow(join(root, 'docs')),
    ...projectFolders().flatMap((project) => filesBelow(join(root, project, 'src'))),
  ];
  return files.flatMap((file) => {
    const path = relative(root, file);
    const rules = GONE.filter(({ where }) => where.test(path));
    if (rules.length === 0) return [];
    const text = withoutQuotes(readFileSync(file, 'utf8'));
    return rules.flatMap(({ word, say }) => {
      const found = word.exec(text);
      return found === null ? [] : [`expected ${say} in ${path}, found "${found[0]}"`];
    });
  });
}

module.exports = { wordsHaveOneMeaning };
