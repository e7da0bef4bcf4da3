# Asks a question that all services answer, four times at once, until there is /tmp/stop. It signs in again from time to time, as a token
# lives for minutes only. Each failure is a line, and the last line is how many questions were asked and how many failed.
set -u
ask() { curl --silent --show-error --max-time 10 --header 'content-type: application/json' "$@" "$GATEWAY/graphql" 2>&1; }

password=$(sed 's/[\\"]/\\&/g' /run/secrets/test/password)
sign_in() {
  printf '{"query": "mutation ($email: EmailAddress!, $password: String!) { signIn(input: {email: $email, password: $password}) { session { accessToken } } }", "variables": {"email": "%s", "password": "%s"}}' "$EMAIL" "$password" |
    ask --data-binary @- | sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p'
}
question='{"query": "{ me { account { id } } employees(first: 1) { nodes { id } } customers(first: 1) { nodes { id } } orders(first: 1) { nodes { id } } }"}'

ask_on() {
  asked=0 failed=0
  while [ ! -e /tmp/stop ]; do
    [ $((asked % 500)) -ne 0 ] || token=$(sign_in)
    answer=$(ask --header "authorization: Bearer $token" --data-raw "$question")
    asked=$((asked + 1))
    case $answer in
      *'"errors"'* | *:null*) good= ;;
      '{"data":'*) good=yes ;;
      *) good= ;;
    esac
    [ -n "$good" ] || { failed=$((failed + 1)); echo "$(date -u +%T) $answer"; }
    sleep 0.05
  done
  echo "$asked $failed" >> /tmp/counts
}

for _ in 1 2 3 4; do ask_on & done
wait
asked=0 failed=0
while read -r a f; do asked=$((asked + a)) failed=$((failed + f)); done < /tmp/counts
echo "$asked $failed"
