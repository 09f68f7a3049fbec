// The generated part of docs/alerts.md: one runbook for each alert.
import { plain } from './series.ts';
import { thresholds } from './alert.ts';
import type { Alert } from './alert.ts';
import { alertGroups, alerts } from './catalogue.ts';
import { anchor } from './template.ts';

/** The runbooks, by what the alerts are about. */
export function runbooks(): string {
  return alertGroups
    .map(([title, alerts]) => `## ${title}\n\n${alerts.map(([name, alert]) => runbook(name, alert)).join('\n\n')}`)
    .join('\n\n');
}

function runbook(name: string, { severity, for: duration, expr, runbook: { meaning, steps } }: Alert): string {
  return `### ${name}

**${severity}**${duration === undefined ? '' : `, after ${duration}`}. ${meaning}

${steps.map((step, index) => `${index + 1}. ${linked(step)}`).join('\n')}

\`\`\`promql
${plain(expr, thresholds)}
\`\`\``;
}

// Alerts that a step speaks of; throws for one that there is not.
function linked(step: string): string {
  const names = new Set<string>(alerts.keys());
  return step.replaceAll(/AlibabaPCAIssuer[A-Z]\w*/g, (name) => {
    if (!names.has(name)) throw new Error(`a runbook speaks of the alert ${name}, which does not exist`);
    return `[${name}](#${anchor(name)})`;
  });
}
