// What runs in the browser: lays the rows out as they come, and tells the buttons to the server. Texts become text nodes only.
const classOf = {
  State: 'state',
  Result: 'state',
  Message: 'message',
  Name: 'name',
  'Serial number': 'code mono',
  RequestId: 'code mono',
  About: 'code mono',
};
const byId = (id) => document.getElementById(id);

function ageOf(since) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function copyButton(command) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.dataset.copy = command;
  button.title = command;
  button.setAttribute('aria-label', `Copy: ${command}`);
  button.textContent = 'Copy';
  return button;
}

function fill(cell, { text, title, since, command }) {
  if (command !== undefined) cell.replaceChildren(copyButton(command));
  else if (since === undefined) cell.textContent = text;
  else {
    cell.dataset.since = since;
    cell.textContent = ageOf(since);
    cell.title = since;
  }
  if (title !== undefined) cell.title = title;
}

function layOut(row, { tone, cells }, columns) {
  row.className = tone;
  cells.forEach((content, index) => {
    const cell = row.cells[index] ?? row.insertCell();
    const shown = JSON.stringify(content);
    // What stays as it is keeps its focus and selection.
    if (cell.shown === shown) return;
    cell.shown = shown;
    cell.className = classOf[columns[index]] ?? 'short';
    fill(cell, content);
  });
}

function showTable(name, rows) {
  const table = byId(name);
  const columns = [...table.tHead.rows[0].cells].map(({ textContent }) => textContent);
  const body = table.tBodies[0];
  const present = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const wanted = new Set(rows.map(({ key }) => key));
  for (const [key, row] of present) if (!wanted.has(key)) row.remove();
  rows.forEach((content, index) => {
    const row = present.get(content.key) ?? document.createElement('tr');
    row.dataset.key = content.key;
    layOut(row, content, columns);
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  });
}

function show(state) {
  byId('summary').textContent = state.summary;
  byId('trouble').textContent = state.trouble;
  for (const [name, rows] of Object.entries(state.tables)) showTable(name, rows);
  for (const button of document.querySelectorAll('.fault'))
    button.setAttribute('aria-pressed', String(state.faults.includes(button.dataset.fault)));
}

async function tell(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

async function pressed(button, path, body) {
  button.disabled = true;
  try {
    return await tell(path, body);
  } catch (error) {
    byId('trouble').textContent = `That did not work: ${error.message}`;
    return undefined;
  } finally {
    button.disabled = false;
    button.focus();
  }
}

async function copy(button) {
  const { textContent } = button;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed';
  }
  setTimeout(() => {
    button.textContent = textContent;
  }, 1500);
}

async function act(button) {
  if (button.dataset.copy !== undefined) await copy(button);
  if (button.dataset.fault !== undefined)
    await pressed(button, 'faults', { id: button.dataset.fault, on: button.getAttribute('aria-pressed') !== 'true' });
  if (button.id === 'ask') {
    const made = await pressed(button, 'certificates', {});
    if (made !== undefined) byId('asked').textContent = `Certificate ${made.name} was made.`;
  }
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button !== null) void act(button);
});

setInterval(() => {
  for (const cell of document.querySelectorAll('[data-since]')) cell.textContent = ageOf(cell.dataset.since);
}, 1000);

const events = new EventSource('events');
events.addEventListener('message', ({ data }) => show(JSON.parse(data)));
events.addEventListener('error', () => {
  byId('trouble').textContent = 'The demo does not answer: what is shown may be old. Has it ended?';
});
