# Signs in through the gateway and asks a question that all services answer.
set -eu
json() { sed 's/[\\"]/\\&/g' "$1" | tr -d '\n'; }
ask() { # query, variables, curl's options
  query=$1 variables=$2; shift 2
  printf '{"query": "%s", "variables": %s}' "$query" "$variables" |
    curl --silent --show-error --fail-with-body --max-time 10 --retry 30 --retry-delay 2 --retry-all-errors \
      --header 'content-type: application/json' --data-binary @- "$@" "$GATEWAY/graphql"
}

answer=$(ask 'mutation ($email: EmailAddress!, $password: String!) { signIn(input: {email: $email, password: $password}) { session { accessToken } userErrors { message } } }' \
  "{\"email\": \"$EMAIL\", \"password\": \"$(json /run/secrets/test/password)\"}")
token=$(printf %s "$answer" | sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p')
[ -n "$token" ] || { echo "$EMAIL can't sign in: $answer"; exit 1; }

answer=$(ask '{ me { role account { id } } employees(first: 1) { nodes { id } } customers(first: 1) { nodes { id } } orders(first: 1) { nodes { id } } }' \
  '{}' --header "authorization: Bearer $token")
case $answer in
  *'"errors"'* | *:null*) echo "the query failed: $answer"; exit 1 ;;
  *) echo "$EMAIL signed in, and all services answered: $answer" ;;
esac
