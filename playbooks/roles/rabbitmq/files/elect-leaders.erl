%% Given to rabbitmqctl eval_file after each start of the broker; prints the queues that it could not help.
%%
%% A quorum queue that was made shortly before its host lost power can be missing in the directory of queues on disk.
%% RabbitMQ then starts it anew, but calls no election: without a leader it keeps its listeners waiting, and the service
%% behind them is deaf (rabbitmq-server issues 10070 and 15725). All others have a leader within two seconds.
Name = fun(Queue) -> element(1, amqqueue:get_pid(Queue)) end,
Leaderless = fun() ->
    [Queue || Queue <- rabbit_amqqueue:list(), amqqueue:is_quorum(Queue),
              ra_leaderboard:lookup_leader(Name(Queue)) =:= undefined]
end,
Waited = fun(Again, Looks) ->
    case Leaderless() of
        Found when Found =:= []; Looks =:= 0 -> Found;
        _ -> timer:sleep(500), Again(Again, Looks - 1)
    end
end,
[ra:trigger_election({Name(Queue), node()}) || Queue <- Waited(Waited, 10)],
[rabbit_misc:rs(amqqueue:get_name(Queue)) || Queue <- Waited(Waited, 10)].
