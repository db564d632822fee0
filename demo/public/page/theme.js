// @ts-check
// Classic, in the head: the colours are right before anything is painted. Without a choice, the system's count.
{
  const chosen = sessionStorage.getItem('demo.theme')
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen
}
