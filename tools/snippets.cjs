// The snippets of the docs are cut from files that are tested. A page says where from:
//   <!-- snippet: examples/clients/go/main.go#publish -->
// and the code block behind it is what stands in that file between `snippet: publish` and
// `end snippet`.
//   node tools/snippets.cjs            writes the blocks
//   node tools/snippets.cjs --check    says which are not what the files say
const { readFileSync, writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { filesBelow, root } = require('./projects.cjs');

const BLOCK = /<!-- snippet: ([^#\s]+)#([a-z-]+) -->\n+```([a-z]*)\n([^]*?)```\n/g;

/** What stands between the marks of a file, moved to the left edge. */
function cut(path, name) {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  const from = lines.findIndex((line) => line.trim().endsWith(`snippet: ${name}`));
  const to = lines.findIndex((line, at) => at > from && line.trim().endsWith('end snippet'));
  if (from < 0 || to < 0) {
    throw new Error(`Expected the snippet "${name}" in ${path}, found no marks of it.`);
  }
  const inside = lines.slice(from + 1, to).map((line) => line.replaceAll('\t', '    '));
  const margins = inside.filter((line) => line !== '').map((line) => line.search(/\S/));
  return inside
    .map((line) => line.slice(Math.min(...margins)))
    .join('\n')
    .trim();
}

/** A page with its snippets as the files have them. */
function withSnippets(page) {
  return page.replace(
    BLOCK,
    (_, path, name, language) =>
      `<!-- snippet: ${path}#${name} -->\n\n\`\`\`${language}\n${cut(path, name)}\n\`\`\`\n`,
  );
}

/** Pages of the docs, each with what it says and what it should say. */
function pages() {
  return filesBelow(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => {
      const said = readFileSync(file, 'utf8');
      return { file, said, wanted: withSnippets(said) };
    });
}

/** Pages whose snippets are not what the files say. */
function staleSnippets() {
  return pages()
    .filter(({ said, wanted }) => said !== wanted)
    .map(({ file }) => {
      const page = relative(root, file);
      return `expected the snippets of ${page} to be what is tested; run node tools/snippets.cjs`;
    });
}

if (require.main === module) {
  if (process.argv.includes('--check')) {
    const problems = staleSnippets();
    for (const problem of problems) console.error(problem);
    process.exit(problems.length === 0 ? 0 : 1);
  }
  for (const { file, wanted } of pages()) writeFileSync(file, wanted);
}

module.exports = { staleSnippets };
