// The page itself: one HTML text with its style and script, which the browser may load from nowhere else.
import { createHash } from 'node:crypto';

import { commandOf, describeCommand } from './commands.ts';
import { pageFaults } from './faults.ts';
import type { PageFault } from './faults.ts';
import { tables } from './state.ts';

/** What does not change while the page is open. */
export interface PageFrame {
  /** Namespace and issuer of the demo. */
  readonly namespace: string;
  readonly issuer: string;
  readonly kubeconfig: string;
  readonly style: string;
  readonly script: string;
}

/** The page, and the policy under which the browser runs this script and style alone. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

/** A text as HTML shows it, also inside of quotes. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Renders the page. */
export function renderPage(frame: PageFrame): Page {
  const { style, script } = frame;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>alibaba-pca-issuer demo</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<h1>alibaba-pca-issuer <small>demo</small></h1>
<p id="summary" role="status">Loading …</p>
<p id="trouble" role="alert"></p>
<p class="copy-line">For your terminal: ${copied(commandOf(['export', `KUBECONFIG=${frame.kubeconfig}`]))}</p>
</header>
<main>
<div class="controls">
<section aria-labelledby="ask-title">
<h2 id="ask-title">Ask for a certificate</h2>
<p>Makes a Certificate in the namespace <code>${escaped(frame.namespace)}</code>, which cert-manager turns into a request
to the issuer <code>${escaped(frame.issuer)}</code>. Turn a fault on first to see what the operator makes of it.</p>
<p><button type="button" id="ask">Ask for a certificate</button> <span id="asked" role="status"></span></p>
</section>
<section aria-labelledby="faults-title">
<h2 id="faults-title">Faults of the simulator</h2>
<p>They are on until they are turned off or used up. What waited then goes on by itself, after the issuer's next check in some ten seconds.</p>
<div class="faults">
${pageFaults.map((fault) => faultCard(fault, frame)).join('\n')}
</div>
</section>
</div>
<div class="tables">
${Object.entries(tables)
  .map(([id, table]) => tableSection(id, table))
  .join('\n')}
</div>
</main>
<script>${script}</script>
</body>
</html>
`;
  return { html, policy: policyFor(style, script) };
}

function faultCard({ id, title, effect, seenOn }: PageFault, { namespace, issuer }: PageFrame): string {
  const command =
    seenOn === 'issuer'
      ? describeCommand('alibabapcaissuer', issuer, namespace)
      : describeCommand('certificaterequests', undefined, namespace);
  return `<article>
<h3><button type="button" class="fault" aria-pressed="false" data-fault="${escaped(id)}" aria-describedby="about-${escaped(id)}">${escaped(title)}</button></h3>
<p id="about-${escaped(id)}">${escaped(effect)}</p>
<p class="copy-line">${copied(command)}</p>
</article>`;
}

function copied(command: string): string {
  return `<code>${escaped(command)}</code> <button type="button" class="copy" data-copy="${escaped(command)}" aria-label="Copy: ${escaped(command)}">Copy</button>`;
}

function tableSection(id: string, { title, none, columns }: (typeof tables)[keyof typeof tables]): string {
  const heads = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  return `<section aria-labelledby="${id}-title">
<h2 id="${id}-title">${escaped(title)}</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}-title">
<table id="${id}"><thead><tr>${heads}</tr></thead><tbody></tbody></table>
<p class="none">${escaped(none)}</p>
</div>
</section>`;
}

function policyFor(style: string, script: string): string {
  const sources = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return sources.join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
